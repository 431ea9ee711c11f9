"""Token tracking: what each prompt costs, what all of them come to, and a budget that ends it in time.

    GANTRY_API_KEY=gk_… python3 examples/token_tracking.py --tokens 20000 prompts.txt

Asks the prompts of a file, one a line, with a key that is made for this run and bounded by a budget in tokens. When the budget is used up
the next prompt is refused before it costs anything, and the program ends with 3. The key is taken back in the end, whatever happens; its
usage stays on the books.

Needs: Python 3.9 and the client (``pip install ./clients/python``), GANTRY_URL where the server is elsewhere, and in GANTRY_API_KEY a
key with the scope ``admin``, since it makes a key and a budget. A program that only looks needs no more than ``client.get_usage()``.
"""

from __future__ import annotations

import argparse
import sys
import time

from gantry_client import APIError, BudgetExceededError, ClaudeClient, GantryError


def make_bounded_key(admin: ClaudeClient, project: str, tokens: int) -> dict:
    """A key that may ask models and nothing else, and whose requests together stay within so many tokens."""
    name = f"tracking {time.strftime('%Y-%m-%d %H:%M:%S')}"
    wanted = {"name": name, "projectId": project, "profile": "enterprise", "scopes": ["inference"]}
    key = admin.request("POST", "/v1/admin/keys", body=wanted)
    budget = {"subject": "key", "subjectId": key["id"], "unit": "tokens", "window": "lifetime", "limit": tokens}
    return {**key, "budget": admin.request("POST", "/v1/admin/budgets", body=budget)["id"]}


def ask_all(client: ClaudeClient, prompts: list[str], model: str) -> bool:
    """Asks one prompt after the other, and says whether the budget sufficed for all of them."""
    print(f"{'in':>8} {'out':>8} {'cost':>10}  answer")
    for prompt in prompts:
        try:
            answer = client.complete(prompt, model=model, max_tokens=1000)
        except BudgetExceededError as error:
            print(f"{'-':>8} {'-':>8} {'-':>10}  refused: {error.code}")
            return False
        cost = f"${answer.cost:.6f}" if answer.priced else "unpriced"
        print(f"{answer.usage.input_tokens:>8} {answer.usage.output_tokens:>8} {cost:>10}  {' '.join(answer.content.split())[:60]}")
    return True


def report(admin: ClaudeClient, key: dict) -> None:
    """The same from the server's books, which count what was cut off or cancelled as well."""
    rows = admin.request("GET", "/v1/admin/usage", query={"key_id": key["id"], "limit": 200})["data"]
    spent = sum(row["costMicros"] or 0 for row in rows) / 1_000_000
    budget = admin.request("GET", f"/v1/admin/budgets/{key['budget']}")
    left = max(0, budget["effectiveLimit"] - budget["spent"])
    print(f"{len(rows)} requests, ${spent:.6f}; {budget['spent']} tokens of {budget['effectiveLimit']}, {left} left")
    project = admin.get_usage(key["projectId"], period="month")
    print(f"the project this month: {project['total_tokens']} tokens, ${project['total_cost']:.6f}")


def main() -> int:
    parser = argparse.ArgumentParser(description="What prompts cost, within a budget.")
    parser.add_argument("prompts", help="a file with a prompt a line")
    parser.add_argument("--tokens", type=int, default=20_000, help="what all of them may come to (20000)")
    parser.add_argument("--model", default="haiku")
    parser.add_argument("--project", default="default", help="who pays: id or name")
    chosen = parser.parse_args()
    with open(chosen.prompts, encoding="utf-8") as file:
        prompts = [line.strip() for line in file if line.strip()]

    admin = ClaudeClient()
    key = make_bounded_key(admin, chosen.project, chosen.tokens)
    try:
        sufficed = ask_all(ClaudeClient(base_url=admin.base_url, api_key=key["key"]), prompts, chosen.model)
        report(admin, key)
    finally:
        admin.request("DELETE", f"/v1/admin/keys/{key['id']}")
    return 0 if sufficed else 3


if __name__ == "__main__":
    try:
        sys.exit(main())
    except APIError as error:
        sys.exit(f"The server refused: {error}")
    except (GantryError, OSError) as error:
        sys.exit(str(error))
