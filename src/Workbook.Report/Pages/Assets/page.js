(() => {
  "use strict";
  const button = document.getElementById("theme");
  button?.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("workbook-theme", root.dataset.theme); } catch { /* a page from disk may have no storage */ }
  });

  const draw = element => {
    if (element.dataset.drawn || typeof Plotly === "undefined") return;
    element.dataset.drawn = "true";
    const figure = JSON.parse(document.getElementById(element.dataset.plot).textContent);
    const layout = { ...figure.layout, autosize: true };
    // A figure is made for its printed width; on a page it takes the width that there is.
    delete layout.width;
    // On a narrow screen the legend takes several lines: below the panels it covers nothing.
    if (element.clientWidth < 480) {
      layout.legend = { ...layout.legend, orientation: "h", x: 0, xanchor: "left", y: -0.14, yanchor: "top" };
      layout.margin = { ...layout.margin, l: 48, r: 8 };
    }
    Plotly.newPlot(element, figure.data, layout, { responsive: true, displaylogo: false, displayModeBar: matchMedia("(hover: hover) and (min-width: 40rem)").matches ? "hover" : false });
  };
  const plots = [...document.querySelectorAll("[data-plot]")];
  if ("IntersectionObserver" in window) {
    const seen = new IntersectionObserver(entries => entries.filter(e => e.isIntersecting).forEach(e => { seen.unobserve(e.target); draw(e.target); }), { rootMargin: "600px" });
    plots.forEach(plot => seen.observe(plot));
  } else {
    plots.forEach(draw);
  }
  addEventListener("beforeprint", () => plots.forEach(draw));

  const box = document.querySelector(".search input");
  if (box && window.bookIndex) {
    const list = document.querySelector(".search ol");
    const find = () => {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      const score = entry => {
        let sum = 0;
        for (const word of words) {
          const title = entry.title.toLowerCase();
          if (entry.claim && title === word) sum += 100;
          else if (title.includes(word)) sum += entry.claim ? 20 : 10;
          else if (entry.text.includes(word)) sum += 1;
          else return 0;
        }
        return sum;
      };
      const hits = words.length ? window.bookIndex.map(e => [score(e), e]).filter(h => h[0] > 0).sort((a, b) => b[0] - a[0]).slice(0, 12) : [];
      list.replaceChildren(...hits.map(([, entry]) => {
        const item = document.createElement("li"), link = document.createElement("a"), where = document.createElement("small");
        link.href = entry.href;
        link.textContent = entry.title;
        where.textContent = entry.page;
        link.append(where);
        item.append(link);
        return item;
      }));
      document.getElementById("found").textContent = words.length ? hits.length + (hits.length === 1 ? " place" : " places") : "";
    };
    box.addEventListener("input", find);
    box.addEventListener("keydown", event => {
      if (event.key === "Enter") list.querySelector("a")?.click();
      if (event.key === "ArrowDown") { event.preventDefault(); list.querySelector("a")?.focus(); }
      if (event.key === "Escape") { box.value = ""; find(); }
    });
    list.addEventListener("keydown", event => {
      const links = [...list.querySelectorAll("a")], at = links.indexOf(document.activeElement);
      if (event.key === "ArrowDown") { event.preventDefault(); links[Math.min(at + 1, links.length - 1)]?.focus(); }
      if (event.key === "ArrowUp") { event.preventDefault(); (at > 0 ? links[at - 1] : box).focus(); }
      if (event.key === "Escape") { box.value = ""; find(); box.focus(); }
    });
  }
})();
