/** A number with its noun, in languages that tell one from many: `1 key`, `2 keys`. */
export const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`
