"""Client of Gantry, which serves the real Claude Code CLI behind one port. Standard library only."""

from .async_client import AsyncClaudeClient
from .async_stream import AsyncStream
from .batches import BatchItem, BatchResults
from .client import ClaudeClient
from .completions import Completion, Usage
from .errors import (
    APIError,
    AuthenticationError,
    BudgetExceededError,
    CancelledCallError,
    ConfigurationError,
    ConflictError,
    ConnectionFailedError,
    GantryError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    StreamInterruptedError,
)
from .interactions import Decision, Interaction
from .service_keys import AuthManager, PermissionManager
from .session_events import (
    AgentMessage,
    SessionEvent,
    SessionFailed,
    SessionIdle,
    SessionRunning,
    TextDelta,
    ToolResult,
    ToolUse,
    UserMessage,
)
from .sessions import Session
from .stream import Stream
from .tasks import Artifact, Task, TaskEvent

__all__ = [
    "APIError",
    "AgentMessage",
    "Artifact",
    "AsyncClaudeClient",
    "AsyncStream",
    "AuthManager",
    "AuthenticationError",
    "BatchItem",
    "BatchResults",
    "BudgetExceededError",
    "CancelledCallError",
    "ClaudeClient",
    "Completion",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "Decision",
    "GantryError",
    "Interaction",
    "InvalidRequestError",
    "NotFoundError",
    "PermissionDeniedError",
    "PermissionManager",
    "RateLimitError",
    "RequestTimeoutError",
    "ServerError",
    "Session",
    "SessionEvent",
    "SessionFailed",
    "SessionIdle",
    "SessionRunning",
    "Stream",
    "StreamInterruptedError",
    "Task",
    "TaskEvent",
    "TextDelta",
    "ToolResult",
    "ToolUse",
    "Usage",
    "UserMessage",
]
