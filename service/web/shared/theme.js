// Sets a theme chosen by hand before anything is painted: a classic script, for modules come later.
document.documentElement.dataset.theme = localStorage.getItem("crnn-ocr.theme") || "auto";
