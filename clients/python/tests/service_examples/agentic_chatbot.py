from client import ClaudeClient

client = ClaudeClient(base_url="http://localhost:8006", api_key="...")

# Chat with access to your agents
response = client.agentic_task(
    description="Analyze customer feedback and extract workflows",
    allow_agents=["company-workflow-analyst"],
    allow_skills=["semantic-text-matcher"],
    allow_tools=["Read", "Write"]
)
