# Analyze codebase with full tool access
analysis = client.agentic_task(
    description="Analyze all Python files for security issues",
    allow_tools=["Bash", "Glob", "Grep", "Read"],
    timeout=300
)
