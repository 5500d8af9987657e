"""Does the page arrive, and does it work?"""

import pytest

from agentchat_check.checks import exposure, page
from agentchat_check.probes import api as apis
from agentchat_check.probes import browser
from agentchat_check.probes import page as pages
from agentchat_check.procedures import visit


@pytest.mark.safe
def test_the_frontend_serves_the_page(site, verify):
    """The page, its scripts and styles, and its deep links arrive.

    Procedure:
        1. Fetch the page, everything it names, and what that names in turn.
        2. Open an address inside the application directly, as a bookmark does.

    If it fails:
        The page: read the frontend's log. A script: the index.html is of another build than the files; build the
        frontend again. A deep link: nginx lacks the fallback to index.html.
    """
    seen = pages.look(site.page)
    verify(page.served(seen), page.assets_served(seen), page.deep_links_served(seen))


@pytest.mark.safe
def test_a_log_in_through_the_frontend_reaches_the_backend(site, guest, verify):
    """The frontend passes /api on to the backend: a log-in at the page's own address works.

    Procedure:
        1. Log in at the frontend's address, as the page does.

    If it fails:
        Look at location /api of nginx.conf (in development: at the proxy of vite.config.ts), and whether the frontend
        can resolve the backend's name.
    """
    verify(page.proxies_api(apis.discover(site.page).log_in(guest.account)))


@pytest.mark.safe
def test_the_served_scripts_name_no_internal_host(site, hosts, ports, verify):
    """The page's scripts name no host that only exists inside the deployment, or on the visitor's own computer.

    Procedure:
        1. Fetch every script of the page.
        2. Look for addresses with the names of services and containers, and with localhost and a port of AgentChat's.

    If it fails:
        The page works on the host itself and nowhere else. Build it with addresses of its own origin (/api/…).
    """
    verify(exposure.no_internal_hosts(pages.look(site.page).assets, hosts, ports))


@pytest.mark.safe
@pytest.mark.browser
def test_the_page_works_in_a_browser(site, guest, dialog_id, answer_to, chromium, pictures, verify):
    """A person logs in, opens a dialog, sends a message and sees the answer, in a real browser.

    Procedure:
        1. Open the page in Chromium, log in, open a dialog, send a message.
        2. The answer appears; the console shows no error; nobody but the page's own host is asked for anything.

    If it fails:
        The picture in the evidence shows the last moment. Open the page yourself, with the browser's developer tools,
        and repeat the step that is named.
    """
    question = "Does the page work?"
    errand = browser.Errand(
        guest.account,
        dialog_id,
        question,
        answer=lambda: answer_to(question) or visit.last_answer(guest, dialog_id),
    )
    seen = browser.visit(site.page, errand, chromium=chromium, pictures=pictures)
    verify(page.works_in_a_browser(seen), page.no_console_errors(seen))
