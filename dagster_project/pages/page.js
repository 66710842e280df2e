"use strict";
/* A filter hides what of its section is marked otherwise; an empty choice shows all. */
for (const section of document.querySelectorAll("section")) {
  const filters = [...section.querySelectorAll("select[data-mark]")];
  const choose = () => {
    const names = filters.map(f => `[data-${f.dataset.mark}]`).join(",");
    for (const one of section.querySelectorAll(names)) {
      one.toggleAttribute("hidden", filters.some(f => f.value && f.dataset.mark in one.dataset && one.dataset[f.dataset.mark] !== f.value));
    }
  };
  filters.forEach(f => f.addEventListener("change", choose));
  if (filters.length) choose();
}
/* All of a table as a French spreadsheet opens it; no cell is a formula. */
for (const button of document.querySelectorAll("button.csv")) {
  button.addEventListener("click", () => {
    const cell = c => '"' + (c.dataset.v ?? c.textContent.trim().replace(/^\s*[=+\-@]/, "'$&")).replaceAll('"', '""') + '"';
    const rows = [...document.getElementById(button.dataset.table).rows].map(r => [...r.cells].map(cell).join(";"));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + rows.join("\r\n") + "\r\n"], {type: "text/csv"}));
    link.download = button.dataset.table + ".csv";
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
/* Paper has the first rows of a long table, its totals, and a word on the rest. What is closed stays closed. */
addEventListener("beforeprint", () => document.querySelectorAll("table").forEach(table => {
  const shown = [...table.tBodies[0].rows].filter(r => !r.hidden && !r.classList.contains("total"));
  const past = shown.length > 45 ? shown.slice(40) : [];
  shown.forEach(r => r.classList.toggle("past", past.includes(r)));
  table.closest(".table").querySelector(".cut").textContent = past.length ? `Les 40 premières lignes ; ${past.length} autres dans la page et son CSV.` : "";
}));
