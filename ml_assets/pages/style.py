"""The style and the script of every page: both stand inside the file."""

STYLE = """
:root{--ink:#1d2430;--dim:#667085;--line:#e4e7ec;--card:#fff;--page:#f5f6f8;--a:#3b6fb6;--b:#e08214;
--c:#1b9e77;--err:#c4262e;--warn:#b25e00;--drift:#7a3fb0;--ok:#2e7d4f;--fill:#3b6fb640}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--dim:#9aa4b5;--line:#313846;--card:#1b212c;
--page:#12161d;--a:#7aa7e8;--b:#f0a24a;--c:#4fc9a2;--err:#ff7b81;--warn:#f0a24a;--drift:#c39af0;
--ok:#6fd09a;--fill:#7aa7e840}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:14px/1.45 system-ui,sans-serif}
main{max-width:1240px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:34px 0 10px}h3{font-size:15px;margin:0}
p{margin:6px 0}.dim{color:var(--dim)}a{color:var(--a);text-decoration:none}
a:hover{text-decoration:underline}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 16px;
min-width:110px}
.tile b{display:block;font-size:20px;line-height:1.2}.tile span{color:var(--dim);font-size:12px}
.tile.error b{color:var(--err)}.tile.warn b{color:var(--warn)}.tile.drift b{color:var(--drift)}
nav{display:flex;flex-wrap:wrap;gap:14px;margin:8px 0 0}
.box{background:var(--card);border:1px solid var(--line);border-radius:8px;overflow-x:auto}
.box+.box{margin-top:14px}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:5px 10px;vertical-align:top}
.box>table>tbody>tr+tr>td{border-top:1px solid var(--line)}
th{font-size:12px;color:var(--dim);font-weight:600;white-space:nowrap}
th[data-sort]{cursor:pointer}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.tag{font-size:11px;border:1px solid currentColor;border-radius:10px;padding:0 7px;color:var(--dim);
white-space:nowrap}
.tag.error{color:var(--err)}.tag.warn{color:var(--warn)}.tag.drift{color:var(--drift)}
.tag.ok{color:var(--ok)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(360px,1fr));gap:14px}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px;
min-width:0}
.card.error{border-left:4px solid var(--err)}.card.warn{border-left:4px solid var(--warn)}
.card.drift{border-left:4px solid var(--drift)}
.card header{display:flex;gap:8px;align-items:baseline;margin-bottom:8px}
.card h3{overflow-wrap:anywhere;flex:1}.card table{font-size:12px;margin-top:8px}
.card td,.card th{padding:1px 4px}.card td:first-child{color:var(--dim);white-space:nowrap}
svg{display:block}svg.d{width:100%;height:80px}
.ax{display:flex;justify-content:space-between;font-size:11px;
color:var(--dim)}
.s0{fill:var(--fill);stroke:var(--a);stroke-width:1}.s1,.s2,.s3{fill:none;stroke-width:1.6}
.s1{stroke:var(--b)}.s2{stroke:var(--c)}.s3{stroke:var(--drift)}
svg path{vector-effect:non-scaling-stroke}.sp{fill:var(--a);stroke:none}
.bar{display:grid;grid-template-columns:38% 1fr 48px;gap:8px;align-items:center;font-size:12px;
margin:2px 0}
.bar>span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bar i{display:block;height:5px;min-width:1px;background:var(--a);border-radius:2px;margin:1px 0}
.bar i.k1{background:var(--b)}.bar i.k2{background:var(--c)}.bar i.k3{background:var(--drift)}
.key i{display:inline-block;width:10px;height:10px;border-radius:2px;background:var(--a);
margin:0 4px 0 12px}
.key i.k1{background:var(--b)}.key i.k2{background:var(--c)}.key i.k3{background:var(--drift)}
.rule{font-size:12px;color:var(--dim);margin-top:8px;overflow-wrap:anywhere}
.note{font-size:13px;margin-top:8px;padding:6px 9px;border-radius:6px;background:var(--page);
overflow-wrap:anywhere}
.note b.error{color:var(--err)}.note b.warn{color:var(--warn)}.note b.drift{color:var(--drift)}
.note b.ok{color:var(--ok)}.note small{display:block;color:var(--dim)}
.two{display:grid;grid-template-columns:minmax(0,1fr) 340px;gap:14px;padding:10px;align-items:center;
border-top:1px solid var(--line)}.two:first-child{border-top:0}
.meter{width:160px;padding-top:6px}
.meter i{display:block;height:8px;background:var(--a);border-radius:3px}
.meter i.neg{background:var(--b)}td.wrap,td.name{overflow-wrap:anywhere}td.name{min-width:180px}
#search{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);
border-radius:6px;
padding:6px 10px;width:280px;margin-bottom:10px}
figure{margin:0 0 14px}figure img{max-width:100%;background:#fff;border:1px solid var(--line);
border-radius:8px}figcaption{font-size:12px}.figures{display:flex;flex-wrap:wrap;gap:14px}
@media(max-width:720px){.two{grid-template-columns:1fr}.cards{grid-template-columns:1fr}}
"""

SCRIPT = """
for(const th of document.querySelectorAll('th[data-sort]'))th.addEventListener('click',()=>{
const body=th.closest('table').tBodies[0],at=th.cellIndex,up=th.dataset.sort!=='up';
th.dataset.sort=up?'up':'down';
const key=r=>{const c=r.cells[at],v=c.dataset.v;return v===undefined?c.textContent.toLowerCase():+v};
[...body.rows].sort((a,b)=>{const x=key(a),y=key(b);return (x<y?-1:x>y?1:0)*(up?1:-1)})
.forEach(r=>body.append(r))});
const search=document.getElementById('search');
if(search){search.hidden=false;search.addEventListener('input',()=>{
const wanted=search.value.toLowerCase();
for(const e of document.querySelectorAll('[data-name]'))
e.hidden=!e.dataset.name.toLowerCase().includes(wanted)})}
"""
