/* SPDX-License-Identifier: MIT */
/*
 * Owns what stands around a flame graph's boxes: title, buttons, style, and
 * the script that a browser runs: a click zooms into a frame, a search marks
 * frames and tells their share. "#s=TEXT" behind the file's name searches at
 * once, "#z=NAME" zooms.
 */
#include "internal.h"

static const char style[] = "<style>\n"
			    "text { font: 12px monospace; fill: #222; }\n"
			    ".f text { pointer-events: none; }\n"
			    ".f { cursor: pointer; }\n"
			    ".f:hover rect { stroke: #222; }\n"
			    ".past { opacity: 0.45; }\n"
			    ".gone { display: none; }\n"
			    ".mark rect { fill: #d030d0; }\n"
			    ".button { cursor: pointer; fill: #0645ad; }\n"
			    "#title { font-size: 16px; text-anchor: middle; }\n"
			    "#found { text-anchor: end; }\n"
			    "</style>\n";

/* Frames are known by where they begin, how much they hold and how deep they
 * are, in samples: what a zoom shows follows from these alone. */
static const char script[] =
	"<script><![CDATA[\n"
	"'use strict';\n"
	"window.addEventListener('load', function () {\n"
	"  var left = 10, width = 1180, letter = 7.2;\n"
	"  var byId = function (id) { return document.getElementById(id); };\n"
	"  var frames = Array.from(document.querySelectorAll('.f'),\n"
	"    function (g) {\n"
	"      var v = g.getAttribute('data-v').split(' ').map(Number);\n"
	"      var title = g.querySelector('title').textContent;\n"
	"      return { g: g, from: v[0], n: v[1], depth: v[2],\n"
	"        title: title, rect: g.querySelector('rect'),\n"
	"        text: g.querySelector('text'),\n"
	"        name: title.replace(/ \\([^()]*\\)$/, '') };\n"
	"    });\n"
	"  var root = frames.find(function (f) { return f.depth === 0; });\n"
	"  if (!root) return;\n"
	"  function within(f, g) {\n"
	"    return f.from >= g.from && f.from + f.n <= g.from + g.n;\n"
	"  }\n"
	"  function fit(name, w) {\n"
	"    var room = Math.floor((w - 6) / letter);\n"
	"    if (name.length <= room) return name;\n"
	"    return room < 3 ? '' : name.slice(0, room - 2) + '..';\n"
	"  }\n"
	"  function place(f, x, w) {\n"
	"    f.rect.setAttribute('x', x.toFixed(2));\n"
	"    f.rect.setAttribute('width', w.toFixed(2));\n"
	"    f.text.setAttribute('x', (x + 3).toFixed(2));\n"
	"    f.text.textContent = fit(f.name, w);\n"
	"  }\n"
	"  function zoom(z) {\n"
	"    frames.forEach(function (f) {\n"
	"      var above = f.depth >= z.depth && within(f, z);\n"
	"      var past = f.depth < z.depth && within(z, f);\n"
	"      f.g.classList.toggle('past', past);\n"
	"      f.g.classList.toggle('gone', !above && !past);\n"
	"      if (past) place(f, left, width);\n"
	"      else if (above)\n"
	"        place(f, left + (f.from - z.from) / z.n * width,\n"
	"          f.n / z.n * width);\n"
	"    });\n"
	"    byId('reset').classList.toggle('gone', z === root);\n"
	"  }\n"
	"  function search(text) {\n"
	"    var share = 0, end = -1, want;\n"
	"    try { want = text && new RegExp(text); }\n"
	"    catch (e) { want = null; }\n"
	"    var marked = frames.filter(function (f) {\n"
	"      var hit = !!want && f.depth > 0 && want.test(f.name);\n"
	"      f.g.classList.toggle('mark', hit);\n"
	"      return hit;\n"
	"    });\n"
	"    marked.sort(function (a, b) {\n"
	"      return a.from - b.from || a.depth - b.depth;\n"
	"    });\n"
	"    marked.forEach(function (f) {\n"
	"      if (f.from < end) return;\n"
	"      share += f.n;\n"
	"      end = f.from + f.n;\n"
	"    });\n"
	"    byId('found').textContent = want ? 'found: ' +\n"
	"      (100 * share / root.n).toFixed(2) + '%' : '';\n"
	"  }\n"
	"  function ask() {\n"
	"    var text = window.prompt('search for (a regular expression):');\n"
	"    if (text !== null) search(text);\n"
	"  }\n"
	"  frames.forEach(function (f) {\n"
	"    f.g.addEventListener('click', function () { zoom(f); });\n"
	"    f.g.addEventListener('mouseover', function () {\n"
	"      byId('at').textContent = f.title;\n"
	"    });\n"
	"  });\n"
	"  byId('reset').addEventListener('click', function () { zoom(root); "
	"});\n"
	"  byId('search').addEventListener('click', ask);\n"
	"  document.addEventListener('keydown', function (e) {\n"
	"    if (e.key === '/') { e.preventDefault(); ask(); }\n"
	"    if (e.key === 'Escape') { zoom(root); search(''); }\n"
	"  });\n"
	"  location.hash.slice(1).split('&').forEach(function (part) {\n"
	"    var value = decodeURIComponent(part.slice(2));\n"
	"    var f = frames.find(function (f) { return f.name === value; });\n"
	"    if (part.startsWith('s=')) search(value);\n"
	"    if (part.startsWith('z=') && f) zoom(f);\n"
	"  });\n"
	"});\n"
	"]]></script>\n";

void
flame_page(struct out *o, unsigned width, unsigned height, int64_t total)
{
	out_puts(o, style);
	out_puts(o, script);
	out_printf(o,
		   "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		   "<text id=\"title\" x=\"%u\" y=\"22\">%s</text>\n",
		   width / 2, total > 0 ? "jiffy" : "no stacks were counted");
	out_puts(o, "<text id=\"reset\" class=\"button gone\" x=\"10\" "
		    "y=\"22\">whole picture</text>\n");
	out_printf(o,
		   "<text id=\"search\" class=\"button\" x=\"%u\" "
		   "y=\"22\">search</text>\n"
		   "<text id=\"found\" x=\"%u\" y=\"%u\"></text>\n"
		   "<text id=\"at\" x=\"10\" y=\"%u\">%lld in all</text>\n",
		   width - 60, width - 10, height - 10, height - 10,
		   (long long)total);
}
