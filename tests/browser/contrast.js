() => {
  const parse = (text) => (text.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const over = (top, under) => { const a = top.length > 3 ? top[3] : 1; return [0, 1, 2].map((i) => a * top[i] + (1 - a) * under[i]); };
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const above = (el) => el.parentElement || el.getRootNode().host;
  const background = (el) => { const chain = []; for (let e = el; e; e = above(e)) { chain.unshift(parse(getComputedStyle(e).backgroundColor)); }
    return chain.reduce((under, top) => over(top.length > 3 || top.length === 3 ? top : [0, 0, 0, 0], under), [255, 255, 255]); };
  const found = [];
  const inside = (elements) => [...elements].flatMap((el) => [el, ...(el.shadowRoot ? inside(el.shadowRoot.querySelectorAll("*")) : [])]);
  for (const el of inside(document.querySelectorAll("[data-testid=stMain] *, [data-testid=stSidebar] *"))) {
    const own = [...el.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const box = el.getBoundingClientRect();
    const style = getComputedStyle(el);
    if (!own || !box.width || style.visibility === "hidden" || el.closest("[disabled], [aria-disabled=true], style")) { continue; }
    const back = background(el);
    const text = over(parse(style.color), back);
    const [hi, lo] = [light(text), light(back)].sort((a, b) => b - a);
    const ratio = (hi + 0.05) / (lo + 0.05);
    // WCAG 2.2: 4.5 for text, 3 for graphical objects; icons are ligatures of an icon font.
    const least = el.closest("[data-testid=stIconMaterial]") || style.fontFamily.includes("Material") ? 3 : 4.5;
    if (ratio < least) { found.push(`${ratio.toFixed(2)} ${el.tagName} ${el.textContent.trim().slice(0, 40)}`); }
  }
  return found;
}
