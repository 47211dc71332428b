/**
 * Leg records between what decides ({@code ownership}), what carries ({@code nvme.vendor}) and what
 * keeps ({@code disk.format}). Keeps RECORD of docs/architecture.md.
 */
package io.dnvme.agent.record;
