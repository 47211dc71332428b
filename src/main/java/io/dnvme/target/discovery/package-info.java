/**
 * Discovery: what a host may connect to, and where (NVMe Base 2.0 §3.1.2.3, §5.16.1.23). The
 * discovery subsystem has no namespaces; its content follows the subsystems and portals of this
 * node.
 */
package io.dnvme.target.discovery;
