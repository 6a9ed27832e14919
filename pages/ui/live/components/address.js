// The browser's back button leads to the page before: Streamlit would make a step of each changed setting, which the
// page then holds against the address.
if (!window.descentLabAddress) {
  const push = history.pushState.bind(history)
  window.descentLabAddress = history.pushState = (state, title, url) => {
    const here = new URL(url ?? "", location.href).pathname === location.pathname
    return here ? history.replaceState(state, title, url) : push(state, title, url)
  }
}
