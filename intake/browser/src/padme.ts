/** Padmé: sizes rounded up so that a size says little more than its order of magnitude (F3.4). */

/** The least bucket that holds `count` blocks, never fewer than one. */
export function bucket(count: number): number {
  if (count <= 2) return Math.max(count, 1);
  const exponent = bits(count) - 1;
  const step = 2 ** Math.max(0, exponent - bits(exponent));
  return Math.ceil(count / step) * step;
}

/** How many bits a whole number has; a logarithm would round. */
function bits(count: number): number {
  return count.toString(2).length;
}
