# Batch process documents with skills
documents = load_documents()

results = client.batch([
    {
        "description": f"Summarize and extract insights: {doc}",
        "allow_skills": ["semantic-text-matcher", "entity-mapper"]
    }
    for doc in documents
], model="haiku")
