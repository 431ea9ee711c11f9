"""Keys and their permissions, as the code of the former task service makes them.

For programs that move from it: they change the modules that they import. What is made are keys (``gantry keys``) and profiles (``gantry
profiles``) of Gantry, by its API; the client needs the admin key.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional
from urllib.parse import quote

from .client import ClaudeClient
from .errors import ConfigurationError, NotFoundError

#: Until a key is given a profile, it has the narrowest.
_FIRST_PROFILE = "free"
#: The folder that an agent works in.
_WORKSPACE = "/workspace"
#: What the former service takes for a field that a profile does not name.
_DEFAULTS: Mapping[str, Any] = {
    "allowed_tools": [],
    "blocked_tools": [],
    "allowed_agents": [],
    "allowed_skills": [],
    "max_concurrent_tasks": 3,
    "max_cpu_cores": 1,
    "max_memory_gb": 1,
    "max_execution_seconds": 300,
    "max_cost_per_task": 1.00,
    "network_access": False,
    "filesystem_access": "readonly",
    "workspace_size_mb": 100,
}


class AuthManager:
    """Makes keys of projects."""

    def __init__(self, client: Optional[ClaudeClient] = None) -> None:
        self._client = client or ClaudeClient()

    def generate_key(self, project_id: str, rate_limit: int = 100) -> str:
        """A key of the project of that name, which is made where it is missing. ``rate_limit`` is in requests a minute.

        It may ask models and hand tasks over, as far as its profile allows; that is the narrowest until :class:`PermissionManager`
        gives it another. The text is told here and nowhere else.
        """
        try:
            project = self._client.request("GET", f"/v1/admin/projects/{quote(project_id, safe='')}")
        except NotFoundError:
            project = self._client.request("POST", "/v1/admin/projects", {"name": project_id})
        made = self._client.request(
            "POST",
            "/v1/admin/keys",
            {
                "name": project_id,
                "projectId": project["id"],
                "profile": _FIRST_PROFILE,
                "scopes": ["inference", "tasks"],
                "limits": {"requestsPerMinute": rate_limit},
            },
        )
        return str(made["key"])


class PermissionManager:
    """Says what the tasks of a key may do."""

    def __init__(self, client: Optional[ClaudeClient] = None) -> None:
        self._client = client or ClaudeClient()

    def apply_default_profile(self, api_key: str, profile: str) -> None:
        """``free``, ``pro`` or ``enterprise``, or the name of any profile of the server."""
        self._client.request("PATCH", f"/v1/admin/keys/{self._find_key(api_key)}", {"profile": profile})

    def set_profile(self, api_key: str, profile: Mapping[str, Any]) -> None:
        """Gives the key a profile of its own with these fields; one that is not named has the former service's default."""
        unknown = sorted(set(profile) - set(_DEFAULTS))
        if unknown:
            raise ConfigurationError(f"no field of a profile: {', '.join(unknown)}; there are {', '.join(_DEFAULTS)}")
        key_id = self._find_key(api_key)
        name = f"key-{_public_part(api_key)}".lower()
        self._client.request("PUT", f"/v1/admin/profiles/{quote(name, safe='')}", _to_profile({**_DEFAULTS, **profile}))
        self._client.request("PATCH", f"/v1/admin/keys/{key_id}", {"profile": name})

    def _find_key(self, api_key: str) -> str:
        cursor: Optional[str] = None
        while True:
            page = self._client.request("GET", "/v1/admin/keys", query={"limit": 200, "cursor": cursor})
            for key in page["data"]:
                if key["publicId"] == _public_part(api_key):
                    return str(key["id"])
            cursor = page["next_cursor"]
            if cursor is None:
                raise ConfigurationError("the server has no such key; the admin key has no profile")


def _public_part(api_key: str) -> str:
    parts = api_key.split("_")
    return parts[1] if len(parts) > 2 and parts[0] == "gk" else ""


def _to_profile(fields: Mapping[str, Any]) -> Dict[str, Any]:
    access = fields["filesystem_access"]
    return {
        "allowedTools": list(fields["allowed_tools"]),
        "blockedTools": list(fields["blocked_tools"]),
        "allowedAgents": list(fields["allowed_agents"]),
        "allowedSkills": list(fields["allowed_skills"]),
        # The former service knows no bounds of these.
        "allowedModels": ["*"],
        "allowedDirectories": ["*"],
        "readDirectories": [_WORKSPACE] if access in ("readonly", "readwrite") else [],
        "writeDirectories": [_WORKSPACE] if access == "readwrite" else [],
        "networkHosts": ["*"] if fields["network_access"] else [],
        "maxConcurrentTasks": fields["max_concurrent_tasks"],
        "maxCpuCores": fields["max_cpu_cores"],
        "maxMemoryGb": fields["max_memory_gb"],
        "maxExecutionSeconds": fields["max_execution_seconds"],
        "maxCostPerTaskMicros": round(fields["max_cost_per_task"] * 1_000_000),
        "networkAccess": fields["network_access"],
        "filesystemAccess": access,
        "workspaceSizeMb": fields["workspace_size_mb"],
    }
