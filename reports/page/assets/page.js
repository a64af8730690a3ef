(() => {
  const $ = (s, e = document) => [...e.querySelectorAll(s)], form = document.getElementById("filter");
  const rows = $("[data-f]").map(e => [e, e.dataset.f.split("|")]);
  const tables = $("table.cases");
  for (const t of tables) {
    const at = k => $("th", t).findIndex(h => h.dataset.k === k), cols = [at("0"), at("1"), at("2")];
    for (const tr of t.tBodies[0].rows) {
      const c = tr.cells, v = c[cols[2]];
      rows.push([tr, [cols[0] < 0 ? t.dataset.op : c[cols[0]].textContent, c[cols[1]].textContent, v.firstChild.data, v.className.slice(2)]]);
    }
  }
  const names = ["op", "isa", "verdict"];
  names.forEach((n, i) => {
    const all = [...new Set(rows.map(r => r[1][i]))].filter(x => x && x !== "-").sort();
    form[n].append(...["", ...all].map(x => new Option(x || "all", x)));
  });
  let sort = "";
  const state = () => {
    const s = new URLSearchParams();
    for (const n of names) if (form[n].value) s.set(n, form[n].value);
    if (form.only.checked) s.set("only", "1");
    if (sort) s.set("sort", sort);
    return s.toString();
  };
  const show = () => {
    let seen = 0, all = 0;
    for (const [e, f] of rows) {
      e.hidden = names.some((n, i) => form[n].value && form[n].value !== f[i]) || (form.only.checked && f[3] !== "b");
      if (e.localName === "tr") all++, seen += !e.hidden;
    }
    document.getElementById("shown").value = seen + " of " + all + " cases";
  };
  const key = td => {
    const x = parseFloat(td.textContent);
    return isNaN(x) ? td.textContent : x;
  };
  const order = (t, col, down) => {
    $("th", t).forEach((h, i) => i === col ? h.setAttribute("aria-sort", down ? "descending" : "ascending") : h.removeAttribute("aria-sort"));
    const keyed = [...t.tBodies[0].rows].map(r => [r, key(r.cells[col])]);
    keyed.sort(([, a], [, b]) => {
      const n = typeof a === "number", m = typeof b === "number";
      if (n !== m) return n ? -1 : 1; // what has no number is last
      return (n ? a - b : a < b ? -1 : a > b) * (down ? -1 : 1);
    });
    t.tBodies[0].append(...keyed.map(k => k[0]));
  };
  const sortBy = s => {
    sort = s;
    const [t, col] = s.replace("-", "").split(".").map(Number);
    if (tables[t]?.tHead.rows[0].cells[col]) order(tables[t], col, s[0] === "-");
  };
  const keep = () => history.replaceState(null, "", "#" + state());
  tables.forEach((t, n) => $("th", t).forEach((h, i) => {
    const b = document.createElement("button");
    b.type = "button";
    b.append(h.firstChild);
    h.prepend(b);
    b.onclick = () => {
      const s = n + "." + i;
      sortBy(sort === s ? "-" + s : s);
      keep();
    };
  }));
  const read = () => {
    if (!location.hash.includes("=")) return; // a case, not a state
    const s = new URLSearchParams(location.hash.slice(1));
    for (const n of names) form[n].value = s.get(n) || "";
    form.only.checked = s.has("only");
    if (s.get("sort")) sortBy(s.get("sort"));
    show();
  };
  form.onchange = () => (show(), keep());
  form.onsubmit = e => e.preventDefault();
  if (tables.length) form.hidden = false;
  addEventListener("hashchange", read);
  show();
  read();
  const copy = document.getElementById("copy");
  copy.hidden = false;
  copy.onclick = async () => {
    const text = document.getElementById("markdown");
    try {
      await navigator.clipboard.writeText(text.textContent);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text);
      copy.textContent = "Selected: press Ctrl-C";
    }
  };
})();
