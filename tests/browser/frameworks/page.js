// A page that React renders whole, on the server and again in the browser. It loads our script itself, as frameworks advise.
import { createElement, useState } from "react";
import { hydrateRoot } from "react-dom/client";

function Page({ line, stamp }) {
  const [count, setCount] = useState(0);
  const [title, setTitle] = useState("A shop");
  window.rename = setTitle;
  return createElement(
    "html",
    { lang: "en" },
    createElement(
      "head",
      null,
      createElement("title", null, title),
      createElement("meta", { charSet: "utf-8" }),
      createElement("link", { rel: "icon", href: "data:," }),
    ),
    createElement(
      "body",
      null,
      createElement("h1", null, title),
      createElement("p", null, stamp),
      createElement("button", { id: "count", onClick: () => setCount(count + 1) }, "Lamps: ", count),
      createElement("script", { src: line.src, "data-widget-token": line.token, async: true }),
    ),
  );
}

window.hydrate = (line, stamp) => {
  window.root = hydrateRoot(document, createElement(Page, { line, stamp }), { onRecoverableError: () => { window.recovered = true; } });
};
