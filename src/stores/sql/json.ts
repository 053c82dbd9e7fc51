/** Lists and objects as they lie in text columns. What is read was written by us and needs no second check. */
export const toJson = (value: unknown): string => JSON.stringify(value)
export const fromJson = <T>(text: string): T => JSON.parse(text) as T

export const toFlag = (value: boolean): number => (value ? 1 : 0)
