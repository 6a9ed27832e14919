"""The trial's page in the browser: its address by name, and its outline on a phone."""

from browser.looks import healthy

LOST = """new MutationObserver(() => {
  if (/page not found/i.test(document.body?.innerText || "")) window.lost = true
}).observe(document, {childList: true, subtree: true})"""
OVERFLOW = "() => document.querySelector('[data-testid=stMain]').scrollWidth - window.innerWidth"

BELOW = """() => {  // once its styles have come: the prediction is below the title and not on it
  const [title, asked] = ["h1", "[class*='-asked']"].map((each) => document.querySelector(each))
  return asked && title.getBoundingClientRect().bottom <= asked.getBoundingClientRect().top + 1
}"""


def test_the_name_of_the_first_page_is_an_address_too(server, tab):
    page = tab()
    page.add_init_script(LOST)
    page.goto(f"{server}/trial?seed=3")
    page.get_by_role("heading", level=1, name="Is gradient descent backpropagation?").wait_for()
    page.wait_for_url(f"{server}/?seed=3")
    assert not page.evaluate("() => window.lost")
    page.wait_for_function(BELOW)
    healthy(page)


def test_the_outline_fits_a_phone_and_a_claim_leads_to_its_page(server, visit):
    page = visit(server, width=390)
    page.get_by_role("button", name="Show me").click()
    page.get_by_text("Counted from").wait_for()
    assert page.evaluate(OVERFLOW) <= 0
    page.get_by_role("link", name="Learning rate →").first.click()
    page.wait_for_url("**/learning_rate*")
    healthy(page)
