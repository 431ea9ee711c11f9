from client import ClaudeClient

# Initialize
client = ClaudeClient(
    base_url="http://localhost:8006",
    api_key="YOUR_API_KEY"
)

# Simple completion
response = client.complete(
    "Explain machine learning",
    model="auto"  # Auto-selects best model
)
print(response.content)
print(f"Cost: ${response.cost:.4f}")

# Agentic task (with tools)
result = client.agentic_task(
    description="List all Python files and analyze complexity",
    allow_tools=["Bash", "Glob", "Read"],
    timeout=120
)

# Streaming
for token in client.stream("Write a story about AI"):
    print(token, end='', flush=True)

# Batch processing
results = client.batch([
    {"prompt": "Task 1"},
    {"prompt": "Task 2"},
    {"prompt": "Task 3"}
], model="haiku")
