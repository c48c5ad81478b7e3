// A password that the page makes: four words of five letters and digits, none that is taken for another; 99 bits.
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";
const WORDS = 4;
const LENGTH = 5;

export function newPassword(): string {
  const made: string[] = [];
  while (made.length < WORDS * LENGTH)
    for (const byte of crypto.getRandomValues(new Uint8Array(32)))
      // The rest of the range would favour the first letters.
      if (byte < 256 - (256 % LETTERS.length)) made.push(LETTERS[byte % LETTERS.length]!);
  return Array.from({ length: WORDS }, (_, word) => made.slice(word * LENGTH, (word + 1) * LENGTH).join("")).join("-");
}
