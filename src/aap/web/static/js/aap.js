// Entry of every page: what a page needs is loaded when the page has it. Everything works without scripts.

document.querySelector("[data-focus]")?.focus();
