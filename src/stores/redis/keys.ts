/**
 * The names of all keys. Only the two of a session are ever used in one script, so they have their place in a cluster
 * in common (what stands in braces decides it); every other command has one key. docs/storage.md lists them.
 */
import { digest } from '../../ids.ts'
import type { ArtifactKind } from '../../issuer/artifact-store.ts'
import type { Blockable } from '../../tokens/liveness.ts'
import { shortId, stemOf } from './compact.ts'

/** Everything that was written before Redis lost what it knew is under another prefix, and so is gone. */
export const prefixOf = (generation: number): string => `gh${generation}:`

/** How the keys begin on which it hangs whether a token still counts: sessions, offline grants, marks. */
export const tracked = (prefix: string): readonly string[] => ['s:', 'o:', 'x'].map((kind) => prefix + kind)

const artifactLetters: Record<ArtifactKind, string> = {
  AuthorizationCode: 'c',
  RefreshToken: 'r',
  Interaction: 'i',
  Session: 'b',
  ReplayDetection: 'p',
  RotationAnswer: 'w',
  TestLogin: 'l',
  ConsoleSession: 'cs',
  ConsoleSeen: 'cn',
  ConsoleForm: 'cf',
  ExpiryNotice: 'en',
}

export type Keys = ReturnType<typeof keysUnder>

export const keysUnder = (prefix: () => string) => {
  const key = (kind: string, name: string) => `${prefix()}${kind}:${name}`
  return {
    session: (id: string) => key('s', `{${stemOf(id)}}`),
    upstreamToken: (id: string) => key('t', `{${stemOf(id)}}`),
    offlineGrant: (id: string) => key('o', shortId(id)),
    artifact: (kind: ArtifactKind, id: string) => key(artifactLetters[kind], id),
    revoked: (jti: string) => key('x', shortId(jti)),
    blocked: (kind: Blockable, name: string) => key(`x${kind[0]}`, shortId(name)),
    trip: (state: string) => key('a', digest(state)),
    departure: (state: string) => key('d', digest(state)),
    attempts: (name: string) => key('n', name),
    /** Where to find what belongs together. */
    sessionsOfAccount: (id: string) => key('ia', shortId(id)),
    sessionsOfSource: (id: string) => key('is', shortId(id)),
    sessionsOfSubject: (sourceId: string, subject: string) => key('iu', named(sourceId, subject)),
    sessionsOfUpstream: (sourceId: string, sid: string) => key('ix', named(sourceId, sid)),
    sources: () => `${prefix()}ls`,
    grantsOfClient: (id: string) => key('ic', shortId(id)),
    offlineOfAccount: (id: string) => key('oa', shortId(id)),
    offlineOfSource: (id: string) => key('os', shortId(id)),
  }
}

/** 128 bits are enough to keep apart what nobody can choose freely; whoever reads the index looks closer anyway. */
const named = (sourceId: string, name: string): string => digest(`${sourceId}\n${name}`).slice(0, 22)
