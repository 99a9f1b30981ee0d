#pragma once

/// The number of processors that the process may use, at least 1.
int spikec_processor_count(void);
