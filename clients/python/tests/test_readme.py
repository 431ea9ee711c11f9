import contextlib
import io
import re
from pathlib import Path

from server_under_test import ServerTest

README = Path(__file__).parent.parent / "README.md"


class ReadmeTest(ServerTest):
    def test_every_block_of_the_readme_runs(self) -> None:
        blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        self.assertGreater(len(blocks), 3)
        printed = io.StringIO()
        names: dict = {"__name__": "readme"}
        with contextlib.redirect_stdout(printed):
            for block in blocks:
                exec(compile(block, str(README), "exec"), names)
        for told in (
            "Warm. ",
            "2 of 2",
            "['one', 'two']",
            "completed See answer.txt. b'42\\n'",
            "Bash {'command': 'ls'}",
            "calls bash ask",
            "says Empty.",
            "session.status_idle",
            "['0', '1', '2']",
            "404 model_not_found req_",
        ):
            self.assertIn(told, printed.getvalue())
