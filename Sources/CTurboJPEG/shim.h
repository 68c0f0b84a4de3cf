/* Lends the TurboJPEG interface of libjpeg-turbo, which reports errors by return value. */
#include <turbojpeg.h>
