// What for: where the provider keeps sessions, grants and tokens: this process's memory, without a bound. The package's own
// storage forgets after a thousand entries, which a run of sign-ins exceeds.
// Not here: expiry. A run is over in minutes.

/** All records, by kind and id; where sessions are by their other name; and what a grant has led to. */
const records = new Map();
const byUid = new Map();
const byGrant = new Map();

export class Storage {
  /** @param {string} kind */
  constructor(kind) {
    this.kind = kind;
  }

  #key(id) {
    return `${this.kind}:${id}`;
  }

  async upsert(id, record) {
    records.set(this.#key(id), record);
    if (record.uid && this.kind === "Session") byUid.set(record.uid, this.#key(id));
    if (record.grantId && this.kind !== "Grant") {
      if (!byGrant.has(record.grantId)) byGrant.set(record.grantId, new Set());
      byGrant.get(record.grantId).add(this.#key(id));
    }
  }

  async find(id) {
    return records.get(this.#key(id));
  }

  async findByUid(uid) {
    return records.get(byUid.get(uid));
  }

  async consume(id) {
    const record = records.get(this.#key(id));
    if (record) record.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    records.delete(this.#key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of byGrant.get(grantId) ?? []) records.delete(key);
    byGrant.delete(grantId);
  }
}
