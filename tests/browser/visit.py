"""One visitor on one page."""

from dataclasses import InitVar, dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page

WATCH = """
window.refusedByPolicy = [];
document.addEventListener("securitypolicyviolation", (event) => refusedByPolicy.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


STILL = """() => {
    const still = new CSSStyleSheet();
    const drawn = "transition: none !important; animation: none !important; backdrop-filter: none !important";
    still.replaceSync(`*, ::before, ::after { ${drawn} }`);
    document.adoptedStyleSheets = [still];
}"""
"""Nothing moves, fades or is blurred on the page: it is drawn once after each change, and is judged as it stays."""
HURRY = "const plain = setTimeout; window.setTimeout = (work, milliseconds) => plain(work, milliseconds / 10);"
"""The page need not be waited for: it asks ten times as often how things stand."""


@dataclass
class Visit:
    """A page with the button in it, and what went wrong on it."""

    page: Page
    context: BrowserContext
    problems: list[str] = field(default_factory=list)
    "Console errors and uncaught exceptions."
    addresses: list[str] = field(default_factory=list)
    "Every request the browser made, where it is heard."
    hears: InitVar[bool] = True
    "A page of the back-office makes forty requests, and to be told of them takes a sixth of the time of opening it."

    def __post_init__(self, hears: bool) -> None:
        self.page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda problem: self.problems.append(str(problem)))
        if hears:
            self.page.on("request", lambda request: self.addresses.append(request.url))

    @property
    def button(self) -> Locator:
        return self.page.locator("voipcrm-callback .launch")

    @property
    def dialog(self) -> Locator:
        return self.page.locator("voipcrm-callback dialog")

    @property
    def status(self) -> Locator:
        return self.dialog.get_by_role("status")

    @property
    def alert(self) -> Locator:
        return self.dialog.get_by_role("alert")

    @property
    def number(self) -> Locator:
        return self.dialog.locator("[name=number]")

    @property
    def submit(self) -> Locator:
        return self.dialog.locator("[type=submit]")

    def open(self) -> None:
        self.button.click()
        self.dialog.locator("form").wait_for()

    def ask(self, number: str = "+48501502503") -> None:
        """Ask for a call at once, or at the time that has been chosen."""
        self.number.fill(number)
        self.submit.click()

    def get_promise(self, number: str = "+48501502503") -> None:
        """Ask, and be promised a call."""
        self.ask(number)
        self.dialog.locator("form").wait_for(state="detached")

    def choose(self, label: str) -> None:
        """Now or later, or a time."""
        self.dialog.get_by_role("radio", name=label, exact=True).check()

    def embed(self, server: str, token: str, phone: str = "", **settings: str) -> None:
        """Put the button into the page as a tag manager does that keeps attributes."""
        self.page.evaluate(
            """([source, settings]) => {
                const script = Object.assign(document.createElement("script"), { src: source, async: true });
                Object.assign(script.dataset, settings);
                document.head.appendChild(script);
            }""",
            [f"{server}/voip/widget.js", {"widgetToken": token, "phone": phone, **settings}],
        )

    def refused_by_policy(self) -> list[str]:
        refused: list[str] = self.page.evaluate("refusedByPolicy")
        return refused

    def stored(self) -> Any:
        """What the page and the browser keep."""
        kept = self.page.evaluate("[{...localStorage}, {...sessionStorage}, document.cookie]")
        return [*kept, self.context.cookies()]
