"""Many prompts, or tasks, in one call."""

from __future__ import annotations

from collections.abc import Sequence as SequenceBase
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union, overload

from .cancellation import Cancellation, current_cancellation
from .completions import Usage, to_usage
from .transport import Transport

#: A prompt as a text, or ``{"prompt": …}``, or a task: ``{"description": …}`` with the fields of a task.
BatchInput = Union[str, Mapping[str, Any]]
Progress = Callable[["BatchResults"], None]

#: The first answer may be the last one; afterwards the batch is asked for its state.
_FIRST_WAIT_SECONDS = 10
_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class BatchItem:
    """What came of an item. ``status`` is ``completed`` or ``failed``; ``error`` says why. ``cost`` is in US dollars, 0.0 where it is not known."""

    id: str
    prompt: str
    status: str
    content: str
    cost: float
    usage: Usage
    error: Optional[str]
    task_id: Optional[str]
    raw: Dict[str, Any] = field(repr=False)

    @property
    def ok(self) -> bool:
        return self.status == "completed"


class BatchResults(SequenceBase):  # type: ignore[type-arg]
    """The items that are done, in the order in which they were given; of a whole batch all of them."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.id: Optional[str] = fields.get("id")
        #: ``queued``, ``running``, ``completed`` (also where items failed) or ``cancelled``.
        self.status: str = fields.get("status", "completed")
        self.total: int = fields.get("total", 0)
        self.completed: int = fields.get("completed", 0)
        self.failed: int = fields.get("failed", 0)
        #: US dollars.
        self.total_cost: float = fields.get("total_cost", 0.0)
        self.total_tokens: int = fields.get("total_tokens", 0)
        self.items: List[BatchItem] = [_to_item(item) for item in fields.get("results", [])]

    @property
    def ended(self) -> bool:
        return self.status in ("completed", "cancelled")

    @overload
    def __getitem__(self, index: int) -> BatchItem: ...
    @overload
    def __getitem__(self, index: slice) -> List[BatchItem]: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[BatchItem, List[BatchItem]]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"BatchResults(status={self.status!r}, total={self.total}, completed={self.completed}, failed={self.failed})"


class Batches:
    """Batches that run by themselves. The key needs the scope ``inference``, and ``tasks`` where items are tasks."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(
        self,
        items: Sequence[BatchInput],
        *,
        model: Optional[str] = None,
        parallel: Union[bool, int, None] = None,
        timeout: Optional[float] = None,
        project_id: Optional[str] = None,
        wait: float = 0,
    ) -> BatchResults:
        """Hands a batch over, and waits ``wait`` seconds at most for its end. ``timeout`` is the seconds that each answer may take."""
        given = {"model": model, "parallel": parallel, "timeout": timeout, "project_id": project_id}
        body = {"prompts": list(items), "wait": wait, **{name: value for name, value in given.items() if value is not None}}
        answer = self._transport.call("POST", "/v1/batch", body=body, once_key=True)
        return BatchResults(answer)

    def get(self, id: str) -> BatchResults:
        """A batch as it is now, with the items that are done."""
        return BatchResults(self._transport.call("GET", f"/v1/batch/{id}"))

    def cancel(self, id: str) -> BatchResults:
        """Ends a batch; what is done is kept."""
        return BatchResults(self._transport.call("POST", f"/v1/batch/{id}/cancel"))

    def run(
        self,
        items: Sequence[BatchInput],
        *,
        model: Optional[str] = None,
        parallel: Union[bool, int, None] = None,
        timeout: Optional[float] = None,
        project_id: Optional[str] = None,
        on_progress: Optional[Progress] = None,
    ) -> BatchResults:
        """Hands a batch over and waits for its end. ``on_progress`` is called whenever more items are done.

        A batch goes on where the caller leaves; :meth:`cancel` ends it.
        """
        first = 0 if on_progress is not None else _FIRST_WAIT_SECONDS
        results = self.start(items, model=model, parallel=parallel, timeout=timeout, project_id=project_id, wait=first)
        return results if results.id is None else self._follow(results, on_progress)

    def wait(self, id: str, *, on_progress: Optional[Progress] = None) -> BatchResults:
        """Waits for the end of a batch that was handed over before."""
        return self._follow(self.get(id), on_progress)

    def _follow(self, results: BatchResults, on_progress: Optional[Progress]) -> BatchResults:
        cancellation = current_cancellation.get() or Cancellation()
        told = -1
        while True:
            if on_progress is not None and len(results) != told:
                told = len(results)
                on_progress(results)
            if results.ended or results.id is None:
                return results
            cancellation.wait(_POLL_SECONDS)
            results = self.get(results.id)


def _to_item(fields: Mapping[str, Any]) -> BatchItem:
    cost = fields.get("cost")
    return BatchItem(
        id=str(fields.get("id", "")),
        prompt=str(fields.get("prompt", "")),
        status=str(fields.get("status", "")),
        content=fields.get("content") or "",
        cost=float(cost) if isinstance(cost, (int, float)) else 0.0,
        usage=to_usage(fields.get("usage")),
        error=fields.get("error"),
        task_id=fields.get("task_id"),
        raw=dict(fields),
    )
