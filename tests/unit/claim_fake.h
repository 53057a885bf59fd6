/* SPDX-License-Identifier: ISC */
#ifndef UNIT_CLAIM_FAKE_H
#define UNIT_CLAIM_FAKE_H

/* People who claim names, in a world of world_new_stored(). */
struct claim;
struct person;
struct world;

#define SECRET "open sesame"
#define ASKS "-- Passphrase of ann? An empty line calls it off."
#define WRONG "!! That is not the passphrase of ann."

/* Somebody who can hide what he types takes the name ann and claims it by SECRET. */
struct person *enter_owner(struct world *world);

/* Somebody comes, announced, who can hide what he types. */
struct person *come(struct world *world);

/* The claim on a name, or NULL. */
const struct claim *claim_of(const struct world *world, const char *nick);

/* Somebody edits the file. */
void put_claims(const struct world *world, const char *text);

#endif
