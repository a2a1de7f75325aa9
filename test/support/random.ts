/** Numbers from 0 to 1, the same for the same seed. Source: Park and Miller's minimal standard generator. */
export function randomFrom(seed: number): () => number {
  const modulus = 2147483647;
  let state = seed % modulus || 1;
  return () => {
    state = (state * 48271) % modulus;
    return state / modulus;
  };
}
