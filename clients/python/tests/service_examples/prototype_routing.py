# Simple task → Haiku (cheapest)
client.complete("What is 2+2?", model="auto")
# Routes to: haiku

# Medium task → Sonnet (balanced)
client.complete("Analyze this algorithm...", model="auto")
# Routes to: sonnet

# Complex task → Opus (most capable)
client.complete("Design a distributed system...", model="auto")
# Routes to: opus

# Budget constrained → Haiku (forced)
client.complete("Any task", model="auto")
# If budget < 1000 tokens → forces haiku
