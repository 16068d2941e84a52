// @ts-check
/** Light or dark as TensorBoard is, whose page is around this one; by itself, as the system is. */

/** @param {() => void} changed */
export function followTheme(changed) {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const around = outerBody();
  const apply = () => {
    const isDark = around ? around.classList.contains('dark-mode') : system.matches;
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    changed();
  };
  if (around) new MutationObserver(apply).observe(around, { attributes: true, attributeFilter: ['class'] });
  else system.addEventListener('change', apply);
  apply();
}

/** @returns {HTMLElement | null} the body of TensorBoard's page, if this page is inside of it */
function outerBody() {
  try {
    return window.parent === window ? null : window.parent.document.body;
  } catch {
    return null;
  }
}
