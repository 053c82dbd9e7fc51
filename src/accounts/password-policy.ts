import { canonicalUsername } from './local-user.ts'

const shortest = 8
const longestBytes = 1024

/**
 * Why a password cannot be set; `undefined`: it can. Length counts, composition does not, and what is tried
 * first by everybody who guesses is refused (NIST SP 800-63B §3.1.1.2).
 */
export function passwordProblem(password: string, names: readonly string[]): string | undefined {
  const normal = password.normalize('NFC')
  if ([...normal].length < shortest) return `must have at least ${shortest} characters`
  if (Buffer.byteLength(normal) > longestBytes) return `must have at most ${longestBytes} bytes`
  const spelled = canonicalUsername(password)
  if (names.some((name) => canonicalUsername(name) === spelled)) return 'must not be the user name or e-mail address'
  if (common.has(spelled) || /^(.)\1*$/u.test(spelled)) return 'is one of the most common passwords'
  return undefined
}

// The ones of eight characters and more that lead the published lists of leaked passwords.
const common: ReadonlySet<string> = new Set(
  `12345678 123456789 1234567890 12345678910 0123456789 0987654321 987654321 87654321 123123123 123321123 1234512345
  12341234 11223344 1122334455 147258369 159357258 741852963 789456123 123654789 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx
  1qaz2wsx3edc q1w2e3r4 q1w2e3r4t5 qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 asdfghjk asdfghjkl
  asdfasdf zxcvbnm1 zxcvbnm123 zaq12wsx abcd1234 abc12345 abcdefgh abcdefghi a1b2c3d4 aa123456 a1234567 a12345678
  a123456789 password password1 password12 password123 password1234 password! passw0rd p@ssw0rd p@ssword pa$$word
  passwort passwort1 motdepasse contraseña wachtwoord iloveyou iloveyou1 sunshine princess football baseball basketball
  superman batman123 starwars pokemon1 trustno1 letmein1 letmein123 welcome1 welcome12 welcome123 whatever computer
  internet michelle jennifer jonathan alexander charlotte liverpool chelsea1 arsenal1 corvette mercedes maverick
  administrator admin123 admin1234 adminadmin changeme changeme1 changeme123 changeit default1 test1234 testtest
  secret123 gatehouse google123 samsung1 killer123 dragon123 monkey123 master123 shadow123 summer2024 summer2025
  winter2024 winter2025 spring2025 autumn2025`.split(/\s+/),
)
