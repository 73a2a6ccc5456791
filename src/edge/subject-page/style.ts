/** Calm, large, readable: system fonts, light and dark, one column. */
export const subjectStyle = `
:root { color-scheme: light dark; --ink:#1d2733; --muted:#4f5d6d; --paper:#fbfaf7; --card:#fff; --rule:#d9d6cd; --accent:#0b5a8a; --on-accent:#fff; --danger:#a3221a; --good:#1d6b45; --focus:#d98300; }
@media (prefers-color-scheme: dark) { :root { --ink:#e9edf2; --muted:#a9b6c4; --paper:#14181d; --card:#1c2229; --rule:#38424e; --accent:#7cc4f2; --on-accent:#0c1a26; --danger:#ff9d93; --good:#7fd6a8; --focus:#ffc15e; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.125rem/1.6 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: 2.5rem 1.25rem 1rem; }
footer { max-width: 42rem; margin: 0 auto; padding: 1rem 1.25rem 3rem; color: var(--muted); font-size: .95rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 1rem; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 .5rem; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: .75rem; padding: 1.25rem 1.5rem 1.5rem; margin: 1.25rem 0; }
p { margin: .5rem 0; } .lead { font-size: 1.2rem; } .hint, .muted { color: var(--muted); font-size: 1rem; }
label { display: block; font-weight: 600; margin: 1rem 0 .25rem; }
input[type=text], textarea, select { width: 100%; font: inherit; padding: .65rem .75rem; color: var(--ink); background: var(--paper); border: 2px solid var(--muted); border-radius: .5rem; }
input[type=text] { font-family: ui-monospace, monospace; font-size: 1rem; }
button { font: inherit; font-weight: 600; padding: .7rem 1.25rem; margin: 1rem .75rem 0 0; min-height: 3rem; border: 2px solid var(--accent); border-radius: .5rem; background: var(--accent); color: var(--on-accent); cursor: pointer; }
button.quiet { background: transparent; color: var(--accent); }
button.danger { background: transparent; border-color: var(--danger); color: var(--danger); }
:focus-visible { outline: 4px solid var(--focus); outline-offset: 3px; }
form.inline { display: inline; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; margin: .5rem 0; } dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 1rem; margin: .75rem 0 0; }
th, td { text-align: left; padding: .45rem 1rem .45rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
td.id { font: .85rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
.notice { border-left: 5px solid var(--good); } .notice.bad { border-color: var(--danger); }
blockquote { margin: .5rem 0 .25rem; padding-left: 1rem; border-left: 3px solid var(--rule); white-space: pre-line; overflow-wrap: anywhere; }
.back { display: inline-block; margin-top: 1rem; color: var(--accent); }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } button { width: 100%; } h1 { font-size: 1.7rem; } }
`;
