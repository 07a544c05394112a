// The table of walks: sort by a column, show what matches. The page is complete without it.
(() => {
  const table = document.querySelector("table.walks");
  if (!table) return;
  const body = table.tBodies[0], rows = [...body.rows], count = document.getElementById("count");
  const box = document.getElementById("find");
  const show = () => {
    const asked = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let seen = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !asked.every((word) => text.includes(word));
      seen += !row.hidden;
    }
    const numbers = seen === rows.length ? [seen] : [seen, rows.length];
    const said = seen === rows.length ? count.dataset.all : count.dataset.some;
    count.textContent = said.replace(/#/g, () => String(numbers.shift()));
  };
  box.addEventListener("input", show);
  for (const [i, head] of [...table.tHead.rows[0].cells].entries()) {
    head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[i].dataset.v ?? row.cells[i].textContent;
      rows.sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        if ((x === "") !== (y === "")) return x === "" ? 1 : -1; // what is missing comes last, either way
        const order = x !== "" && y !== "" && !isNaN(x) && !isNaN(y) ? x - y : String(x).localeCompare(String(y));
        return down ? -order : order;
      });
      body.append(...rows);
    });
  }
  document.querySelector(".find").hidden = false;
  show();
})();
