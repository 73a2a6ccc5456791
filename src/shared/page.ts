/** Text as it stands in HTML, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** The only style of reports that are pages: system fonts, light and dark, no colour without a second sign. */
export const pageStyle = `
:root { color-scheme: light dark; --ink:#1b2430; --muted:#566272; --paper:#fff; --panel:#f5f7f9; --rule:#d5dbe2; --accent:#0b5cad; --warn:#a33b00; --imp:#b7c0cb; --gen:#0b5cad;
  --g0:#0b5cad; --g1:#c04a00; --g2:#007a5e; --g3:#8a3a86; --g4:#5f6b00; --g5:#b0003a; --g6:#00708f; --g7:#444b55; }
@media (prefers-color-scheme: dark) { :root { --ink:#e6ebf1; --muted:#9eabba; --paper:#12171d; --panel:#1a2129; --rule:#34404d; --accent:#6db3ff; --warn:#ff9d66; --imp:#56616e; --gen:#6db3ff;
  --g0:#6db3ff; --g1:#ff9d5c; --g2:#4fd1a5; --g3:#dd9bd9; --g4:#cbd45c; --g5:#ff8aa5; --g6:#5fd0ee; --g7:#c3ccd6; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 2.75rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .25rem; }
p, li { max-width: 46rem; }
.lead { font-size: 1.1rem; }
.findings { background: var(--panel); border-left: 4px solid var(--accent); padding: .75rem 1.25rem; margin: 1.25rem 0; }
.findings.shown { border-color: var(--warn); }
.findings ul { margin: .25rem 0; padding-left: 1.2rem; }
figure { margin: 1rem 0 1.5rem; }
figcaption { color: var(--muted); font-size: .92rem; max-width: 46rem; margin-top: .25rem; }
svg { display: block; width: 100%; height: auto; font-size: 13px; }
svg text { fill: var(--ink); }
svg .tick, svg .muted { fill: var(--muted); font-size: 12px; }
.grid { stroke: var(--rule); } .axis { stroke: var(--ink); }
.limit { stroke: var(--warn); stroke-width: 1.5; stroke-dasharray: 5 4; }
.whisker { stroke: var(--muted); stroke-width: 1.5; } .whisker.thick { stroke-width: 4; opacity: .55; } .whisker.bound { stroke-dasharray: 3 4; }
.mark { fill: var(--accent); } .mark.shown { fill: var(--warn); } .muted-mark { fill: var(--muted); } .mark.open { fill: var(--paper); stroke: var(--accent); stroke-width: 1.5; }
.impostor { fill: var(--imp); } .genuine { fill: var(--gen); fill-opacity: .35; stroke: var(--gen); stroke-width: 1.2; }
.line { fill: none; stroke-width: 1.8; }
${[0, 1, 2, 3, 4, 5, 6, 7].map((i) => `.line.g${i} { stroke: var(--g${i}); stroke-dasharray: ${['none', '7 3', '2 3', '9 3 2 3'][i % 4]}; } .dot.g${i} { fill: var(--g${i}); }`).join('\n')}
.key { display: inline-block; width: 34px; height: 14px; vertical-align: -2px; margin-right: .35rem; }
.keys { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
.swatch { display: inline-block; width: 14px; height: 12px; margin-right: .35rem; border: 1px solid transparent; vertical-align: -1px; }
.swatch.i { background: var(--imp); } .swatch.g { background: color-mix(in srgb, var(--gen) 35%, transparent); border-color: var(--gen); }
.small { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: .5rem 1.5rem; }
.small h3, .small h4 { margin: .5rem 0 0; font-size: .95rem; }
.scroll { overflow-x: auto; }
.scroll > svg { min-width: 34rem; }
table { border-collapse: collapse; margin: .75rem 0; font-size: .93rem; min-width: 34rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); padding-bottom: .35rem; }
th, td { text-align: left; padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
thead th { border-bottom: 2px solid var(--rule); }
.n { text-align: right; } .none { color: var(--muted); } .shown-cell { color: var(--warn); font-weight: 600; }
code { font: .85rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.25rem; } dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
@media print { body { max-width: none; } h2, figure { break-inside: avoid; } }
`;
