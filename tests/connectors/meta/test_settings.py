"""Which settings can be used."""

from typing import Any

import pytest

from hub.registry import InvalidSettings
from tests.connectors.meta.support import instagram, messenger


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"page_id": "my.shop"}, "Page ID"),
        ({"page_id": ""}, "Page ID"),
        ({"app_id": "x"}, "App ID"),
        ({"access_token": ""}, "Access token"),
        ({"app_secret": ""}, "App secret"),
        ({"verify_token": "short"}, "Verify token"),
        ({"version": "latest"}, "Graph API version"),
        ({"graph_base_url": "graph.facebook.com"}, "Graph API: write an address"),
        ({"graph_base_url": "https://graph.facebook.com/?a=1"}, "Graph API: write an address"),
        ({"graph_base_url": "https://[graph"}, "Graph API: write an address"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidSettings, match=why):
        messenger(**changed)


def test_the_account_and_the_log_in_say_where_the_api_is() -> None:
    assert messenger().base == "https://graph.facebook.com"
    assert instagram().base == "https://graph.instagram.com"
    assert instagram(login="page").base == "https://graph.facebook.com"
    assert instagram(graph_base_url=" https://proxy.example/meta/ ").base == "https://proxy.example/meta"
    with pytest.raises(InvalidSettings, match="Log-in"):
        instagram(login="password")
