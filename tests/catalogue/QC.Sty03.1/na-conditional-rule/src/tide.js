export const height = (t) => 2 * t;
