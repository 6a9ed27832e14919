"""The pages of the app by group, and links between them."""

import itertools
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError
from streamlit.navigation.page import StreamlitPage

from core.studies.claims import declared
from pages.figures.common.words import plain
from pages.ui.frame import classroom
from pages.ui.live import store

PAGES: dict[str, dict[str, str]] = declared(dict[str, dict[str, str]], __file__, "groups")
TITLES = {name: title for pages in PAGES.values() for name, title in pages.items()}
HOME = "trial"  # the page at the root, also reached by its name
LED = "reached through the navigation"  # key in the visitor's session


def lead() -> None:
    """Show the page of the visitor's address; at its foot links to the next and to what is stored where."""
    st.session_state[LED] = True
    st.html(Path(__file__).with_name("page.css"))
    classroom.arrive()
    groups = navigation()
    shown = st.navigation(groups, position="top", expanded=True)
    path = [page for page in itertools.chain(*groups.values()) if page.visibility == "visible"]
    shown.run()
    names = dict(zip(TITLES, path, strict=True))
    link = classroom.arrived().link
    of_class = [names[name] for name in link.path if name in names] if link else []
    path = of_class if shown in of_class else path
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        following = path[path.index(shown) + 1] if shown in path[:-1] else None
        if following:
            st.page_link(following, label=f"**Next:** {following.title} →")
        if names["privacy"] not in (shown, following):
            st.page_link(names["privacy"])
    store.attend()


def navigation() -> dict[str, list[StreamlitPage]]:
    """The pages for Streamlit's navigation.

    Streamlit serves the first page only at the root; a second one, not in the menu, has its name as address.
    """
    paths = {HOME: "start"}  # an address that is not served
    groups = {
        group: [
            st.Page(f"pages/{name}.py", title=title, default=name == HOME, url_path=paths.get(name, name))
            for name, title in pages.items()
        ]
        for group, pages in PAGES.items()
    }
    groups[""].append(st.Page(_go_home, title=PAGES[""][HOME], url_path=HOME, visibility="hidden"))
    return groups


def _go_home() -> None:
    st.switch_page(f"pages/{HOME}.py", query_params=st.query_params.to_dict())


def be_led() -> None:
    """Restart under dashboard.py if this page's script was run alone.

    Before its first page, a server treats the folder pages/ as Streamlit's older kind of navigation and runs the script
    of a deep link alone; once it knows the pages, it runs dashboard.py for all of them.
    """
    if LED not in st.session_state:
        st.navigation(navigation(), position="top")
        st.rerun()


def page_link(page: str, label: str) -> None:
    """A link to another page of the app, by file name; it keeps the visitor's session."""
    try:
        st.page_link(f"pages/{page}.py", label=label)
    except StreamlitPageNotFoundError:
        st.caption(plain(f"{label} (not in the navigation)"))
