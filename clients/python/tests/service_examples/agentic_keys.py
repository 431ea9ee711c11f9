from src.auth import AuthManager
from src.permission_manager import PermissionManager

# Create API key
auth = AuthManager()
api_key = auth.generate_key("my-project", rate_limit=100)

# Set permissions (enterprise = full access)
perm = PermissionManager()
perm.apply_default_profile(api_key, "enterprise")

# Or custom permissions
perm.set_profile(api_key, {
    "allowed_tools": ["Read", "Grep"],
    "blocked_tools": ["Write", "Bash"],
    "allowed_agents": ["company-workflow-analyst"],
    "max_cost_per_task": 0.50
})
