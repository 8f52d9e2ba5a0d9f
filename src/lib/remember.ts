/** Keeps what was made for a key. A full map forgets everything before: what is asked for often is soon there again. */
export function remember<K, V>(map: Map<K, V>, key: K, made: V, entriesMax: number): void {
  if (map.size >= entriesMax) map.clear();
  map.set(key, made);
}
