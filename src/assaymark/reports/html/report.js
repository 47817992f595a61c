// The page is whole without this: here are only the filter, the way to a folded item, and unfolding for print.
(() => {
  "use strict";
  const form = document.getElementById("filter");
  const words = form.elements.q;
  const boxes = [...form.querySelectorAll("[name=outcome]")];
  const said = form.querySelector("output");
  const entry = (element) => {
    const above = element.closest(".group").querySelector("summary").textContent;
    return { element, text: `${above} ${element.textContent}`.toLowerCase(), outcome: element.dataset.outcome };
  };
  const items = [...document.querySelectorAll(".item")].map(entry);
  const findings = [...document.querySelectorAll(".finding")].map(entry);
  const groups = [...document.querySelectorAll(".group")];
  const start = new Map(groups.map((group) => [group, group.open]));

  const show = (entries, fits) => {
    let count = 0;
    for (const one of entries) {
      const wanted = fits(one);
      one.element.hidden = !wanted;
      count += wanted;
    }
    return count;
  };

  const apply = () => {
    const parts = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcomes = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const active = parts.length > 0 || outcomes.size > 0;
    const matches = (one) => parts.every((part) => one.text.includes(part));
    const verdicts = show(items, (one) => matches(one) && (!outcomes.size || outcomes.has(one.outcome)));
    const found = show(findings, matches);
    for (const group of groups) {
      const some = group.querySelector(".item:not([hidden]), .finding:not([hidden])");
      group.hidden = active && !some;
      group.open = active ? Boolean(some) : start.get(group);
    }
    said.textContent = active
      ? `${verdicts} of ${items.length} verdicts and ${found} of ${findings.length} findings shown`
      : "";
    return { q: words.value, outcome: [...outcomes].join(",") };
  };

  const remember = (state) => {
    const query = new URLSearchParams(Object.entries(state).filter(([, value]) => value)).toString();
    try {
      history.replaceState(null, "", query ? `#${query}` : location.pathname + location.search);
    } catch {
      // Some viewers forbid it; the filter works without.
    }
  };

  const follow = () => {
    let name = location.hash.slice(1);
    const asked = new URLSearchParams(name);
    if (asked.has("q") || asked.has("outcome")) {
      words.value = asked.get("q") ?? "";
      const outcomes = (asked.get("outcome") ?? "").split(",");
      for (const box of boxes) box.checked = outcomes.includes(box.value);
      apply();
      return;
    }
    try {
      name = decodeURIComponent(name);
    } catch {
      return;
    }
    const target = name && document.getElementById(name);
    if (!target) return;
    for (let place = target; place; place = place.parentElement) {
      if (place instanceof HTMLDetailsElement) place.open = true;
    }
    target.scrollIntoView();
  };

  form.hidden = false;
  form.addEventListener("input", () => remember(apply()));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => remember(apply())));
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  follow();
})();
