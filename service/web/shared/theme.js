// Sets a theme chosen by hand before anything is painted: a classic script, for modules come later.
// A frame that may keep nothing gets a store that lasts as long as the page.
for (const name of ["localStorage", "sessionStorage"]) {
  try {
    window[name].getItem("");
  } catch {
    const kept = new Map();
    const value = {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, item) => kept.set(key, String(item)),
      removeItem: (key) => kept.delete(key),
    };
    Object.defineProperty(window, name, { value });
  }
}
document.documentElement.dataset.theme = localStorage.getItem("crnn-ocr.theme") || "auto";
