import os
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

from gantry_client import ClaudeClient, ConfigurationError
from gantry_client.settings import find_server


class SettingsTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        environment = patch.dict(os.environ, {"HOME": folder.name}, clear=True)
        environment.start()
        self.addCleanup(environment.stop)

    def write_key(self, directory: str, key: str) -> None:
        (self.home / directory).mkdir()
        (self.home / directory / "admin.key").write_text(key + "\n")

    def test_an_argument_wins_over_the_environment_and_that_over_the_admin_key(self) -> None:
        self.write_key(".gantry", "gk_admin_file")
        self.assertEqual((find_server(None, None).url, find_server(None, None).api_key), ("http://127.0.0.1:8006", "gk_admin_file"))
        os.environ.update(GANTRY_URL="https://example.com/gantry/v1/", GANTRY_API_KEY=" gk_of_environment ")
        server = find_server(None, None)
        self.assertEqual((server.url, server.port, server.api_key), ("https://example.com:443/gantry", 443, "gk_of_environment"))
        self.assertEqual(find_server("http://[::1]:9", "gk_given").url, "http://[::1]:9")
        self.assertEqual(find_server("http://[::1]:9", "gk_given").api_key, "gk_given")

    def test_the_data_directory_is_found_as_the_server_finds_it(self) -> None:
        self.write_key("data", "gk_admin_data")
        self.write_key("named", "gk_admin_named")
        (self.home / "config.json").write_text('{"data":"named"}')
        os.environ["GANTRY_CONFIG"] = str(self.home / "config.json")
        self.assertEqual(find_server(None, None).api_key, "gk_admin_named")
        os.environ["GANTRY_DATA"] = "~/data"
        self.assertEqual(find_server(None, None).api_key, "gk_admin_data")

    def test_the_admin_key_never_goes_to_another_machine(self) -> None:
        self.write_key(".gantry", "gk_admin_file")
        for url in ("http://example.com", "http://10.0.0.1:8006", "http://127.0.0.1.example.com"):
            with self.assertRaisesRegex(ConfigurationError, "is not this machine: pass api_key"):
                find_server(url, None)

    def test_what_cannot_be_used_is_told_with_the_setting(self) -> None:
        for url in ("", "ftp://x", "http://", "http://u:p@x", "http://x?y=1", "http://x:99999", "http://x/\r\ny"):
            with self.assertRaisesRegex(ConfigurationError, "base_url: expected an address"):
                find_server(url, "k")
        with self.assertRaisesRegex(ConfigurationError, "api_key holds something that is no key"):
            ClaudeClient("http://127.0.0.1:1", "a\r\nb")
        with self.assertRaisesRegex(ConfigurationError, "no key: pass api_key, set GANTRY_API_KEY"):
            ClaudeClient()

    def test_the_key_is_not_shown(self) -> None:
        self.assertNotIn("gk_secret", repr(find_server(None, "gk_secret")))
