import type UPlot from 'uplot';

let loading: Promise<typeof UPlot> | undefined;

/** The library that draws charts, when the first one is shown. */
export function loadUPlot(): Promise<typeof UPlot> {
  loading ??= load();
  return loading;
}

async function load(): Promise<typeof UPlot> {
  // It formats numbers in the browser's language as it is loaded; with LANG=C that may be one there is not.
  try {
    Intl.NumberFormat(navigator.language);
  } catch {
    Object.defineProperty(navigator, 'language', { value: 'en', configurable: true });
  }
  return (await import('uplot')).default;
}
