/** One *no*: `title` is what the person reads, `cause` why it happened and `fix` what an administrator or developer does about it. */
export interface Reason {
  readonly status: number
  readonly title: string
  readonly cause: string
  readonly fix: string
  /** What an OAuth client is told. */
  readonly oauth?:
    | 'access_denied'
    | 'invalid_request'
    | 'login_required'
    | 'server_error'
    | 'temporarily_unavailable'
    | 'unmet_authentication_requirements'
}
