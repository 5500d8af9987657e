"""Is nginx a good front door: what it serves itself, and what it passes on?"""

import pytest

from agentchat_check.checks import front_door, page, proxy
from agentchat_check.probes import api as apis
from agentchat_check.probes import front_door as doors
from agentchat_check.probes import nginx
from agentchat_check.probes import page as pages
from agentchat_check.procedures import passing


@pytest.mark.safe
def test_the_page_and_every_address_in_it_arrive(site, maybe_stack, verify):
    """The front door serves the page, also at an address inside the application.

    Procedure:
        1. Fetch the page.
        2. Fetch an address inside the application, as a bookmark does: it is the same page.

    If it fails:
        The page: look at root in nginx.conf, and at what the image holds there. The address: let nginx fall back to
        the page (try_files $uri $uri/ /index.html).
    """
    nginx.required(site.page, maybe_stack)
    seen = pages.look(site.page)
    verify(page.served(seen), page.deep_links_served(seen))


@pytest.mark.safe
def test_the_page_is_asked_for_again_and_its_files_are_kept(site, maybe_stack, verify):
    """Browsers ask for the page again each time, and keep the files whose names change with their content.

    Procedure:
        1. Fetch the page, a deep link, and all scripts and styles.
        2. Read Cache-Control: the page may not be kept without asking, and a file with a digest in its name for a month
           or more.

    If it fails:
        A page that is kept shows the old release after an update, and asks for files that are gone. Files that are not
        kept travel again at each visit.
    """
    nginx.required(site.page, maybe_stack)
    seen = pages.look(site.page)
    verify(front_door.page_stays_fresh(seen), front_door.assets_are_kept(seen))


@pytest.mark.safe
def test_scripts_and_styles_travel_compressed(site, maybe_stack, verify):
    """Scripts and styles are compressed for browsers that can read it.

    Procedure:
        1. Fetch all scripts and styles as a browser does, with Accept-Encoding.
        2. Each of 4 KiB or more is compressed, and says so to caches on the way (Vary).

    If it fails:
        The page takes several times as long to load. Compare gzip_types of nginx.conf with the types that mime.types
        gives to scripts and styles.
    """
    nginx.required(site.page, maybe_stack)
    verify(front_door.compresses(pages.look(site.page)))


@pytest.mark.safe
def test_everything_carries_the_security_headers(site, maybe_stack, verify):
    """The page and its files say that they are what they say they are, may not be framed, and tell nobody of whom.

    Procedure:
        1. Fetch the page, a deep link, and scripts and styles.
        2. Each has X-Content-Type-Options: nosniff, protection against framing (X-Frame-Options, or frame-ancestors of
           a Content-Security-Policy) and a Referrer-Policy. None tells the server's release.

    If it fails:
        Look for add_header in the location that served it: one of its own drops all those of the server around it.
    """
    nginx.required(site.page, maybe_stack)
    verify(front_door.protects(pages.look(site.page)))


@pytest.mark.safe
def test_hidden_files_are_refused(site, maybe_stack, verify):
    """Nobody is shown a hidden file, or one of the deployment's own.

    Procedure:
        1. Ask for /.env, /.git/config and a hidden file among the page's: each is refused.
        2. Ask for docker.env, docker-compose.yml and nginx.conf: each is refused, or the page comes instead.

    If it fails:
        Take what was shown for known to everybody: change its secrets. Then let nginx refuse it.
    """
    nginx.required(site.page, maybe_stack)
    verify(front_door.hides(pages.look(site.page), doors.hidden(site.page), doors.private(site.page)))


@pytest.mark.safe
def test_calls_of_the_api_reach_the_backend(site, maybe_stack, guest, verify):
    """The front door passes calls of the API on to the backend.

    Procedure:
        1. Log in at the page's own address.

    If it fails:
        Look at location /api of nginx.conf: whether it is there, and whether it names the backend as it is called on
        their network.
    """
    nginx.required(site.page, maybe_stack)
    verify(page.proxies_api(apis.discover(site.page).log_in(guest.account)))


@pytest.mark.disruptive(mends=True)
def test_an_answer_shows_word_by_word(stack, site, guest, agent_id, verify):
    """An answer that the model writes slowly comes through nginx as it is written.

    Procedure:
        1. Ask a slow model a question, at the backend's own address, and note when each word comes.
        2. Ask it again through nginx: the words come apart as before, and not all at the end.

    If it fails:
        nginx collects the answer first, and people look at an empty page meanwhile: proxy_buffering off, and no
        text/event-stream in gzip_types.
    """
    nginx.required(site.page, stack)
    verify(proxy.streams_unbuffered(passing.stream(stack, site.page, guest, agent_id)))


@pytest.mark.disruptive(mends=True)
def test_uploads_of_the_declared_size_pass(stack, site, guest, verify):
    """A file a little smaller than the declared size is taken, and one a little larger is refused in words.

    Procedure:
        1. Read client_max_body_size as nginx reads it for uploads (nginx -T).
        2. Upload a file that is a little smaller, through nginx: it is taken.
        3. Upload one that is a little larger: 413, with JSON that the page can show.

    If it fails:
        Refused too soon: the backend, or something between it and nginx, has a smaller limit of its own. Refused
        without words: the page shows nothing, and people try again.
    """
    nginx.required(site.page, stack)
    seen = passing.upload(stack, site.page, guest)
    verify(proxy.takes_uploads(seen), proxy.refuses_larger(seen))


@pytest.mark.disruptive(mends=True)
def test_health_tells_the_front_door_from_the_backend(stack, site, verify):
    """The front door has a health address of its own and passes on the backend's, and both are true without a backend.

    Procedure:
        1. Ask both while the backend runs: both are well.
        2. Stop the backend. nginx's own is still well; the backend's is not.
        3. Start the backend again.

    If it fails:
        One address for both: a watcher restarts nginx because the backend is down, or never hears that it is.
    """
    nginx.required(site.page, stack)
    own, passed = passing.health_without_a_backend(stack, site.page)
    verify(proxy.own_health(own), proxy.backend_health(passed))
