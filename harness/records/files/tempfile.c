/* SPDX-License-Identifier: MIT */
#include "harness/records/files/tempfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { FILES = 32, FOLDERS = 16 };

/* Fixed arrays, of which nothing is ever freed: a signal handler may read them at any moment. */
static struct {
    volatile sig_atomic_t used;
    char name[PATH_MAX];
    struct stat folder; /* and what the file will be called there */
    char becomes[NAME_MAX + 1];
} files[FILES];
static char folders[FOLDERS][PATH_MAX];
static volatile sig_atomic_t folder_count, held;
static pid_t owner; /* a child between fork and exec has a copy of all this, and must not act on it */

/* A signal between making a thing and noting it would leave the thing behind. */
static sigset_t block_signals(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    return before;
}

static void let_signals(sigset_t before)
{
    const int number = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = number;
}

/* Where flock speaks for all machines that see the folder, because there is only one. */
static bool is_local(int fd)
{
    static const unsigned long local[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,      BTRFS_SUPER_MAGIC,
                                          TMPFS_MAGIC,      RAMFS_MAGIC,          OVERLAYFS_SUPER_MAGIC,
                                          F2FS_SUPER_MAGIC, 0x2fc12fc1 /* ZFS */, 0xca451a4e /* bcachefs */};
    struct statfs fs;
    if (fstatfs(fd, &fs))
        return false;
    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        if ((unsigned long)fs.f_type == local[i])
            return true;
    return false;
}

/*
 * The lock alone tells the dead from the living. The number is looked at where locks are not kept by the
 * folder.
 */
static void remove_if_dead(int folder, const char *name, long pid)
{
    struct stat named, locked;
    if (pid != getpid() && (kill((pid_t)pid, 0) == 0 || errno != ESRCH))
        return;
    if (fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) || !S_ISREG(named.st_mode) ||
        named.st_uid != geteuid())
        return;
    const int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    /*
     * Whoever removes a file holds its lock, so a name that still leads to it cannot become another's
     * meanwhile.
     */
    if (!flock(fd, LOCK_EX | LOCK_NB) && !fstat(fd, &locked) &&
        !fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) && named.st_dev == locked.st_dev &&
        named.st_ino == locked.st_ino)
        unlinkat(folder, name, 0);
    close(fd);
}

static void sweep(const char *folder)
{
    DIR *dir = opendir(*folder ? folder : ".");
    if (dir && is_local(dirfd(dir)))
        for (const struct dirent *e; (e = readdir(dir));) {
            long pid;
            int number, end = 0;
            if (sscanf(e->d_name, ".qkbench-%9ld-%9d.tmp%n", &pid, &number, &end) == 2 && end && pid > 0 &&
                !e->d_name[end])
                remove_if_dead(dirfd(dir), e->d_name, pid);
        }
    if (dir)
        closedir(dir);
}

/* False when somebody who swept the folder was faster and has removed it. */
static bool lock(int fd)
{
    struct stat st;
    while (flock(fd, LOCK_EX) && errno == EINTR)
        continue;
    return fstat(fd, &st) || st.st_nlink > 0;
}

/* Not one that is there already: a process of the same number in another container may be writing it. */
static int create(int slot, size_t folder, mode_t mode)
{
    char *name = files[slot].name;
    for (int n = 0; n < 1000; n++) {
        snprintf(name + folder, PATH_MAX - folder, ".qkbench-%ld-%d.tmp", (long)getpid(), n);
        const sigset_t before = block_signals();
        const int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        files[slot].used = fd >= 0;
        let_signals(before);
        if (fd >= 0 && lock(fd))
            return fd;
        files[slot].used = 0;
        if (fd >= 0)
            close(fd);
        else if (errno != EEXIST)
            return -1;
    }
    errno = EEXIST;
    return -1;
}

/* Will another one that is open have this name? */
static bool is_taken(int slot)
{
    for (int i = 0; i < FILES; i++)
        if (i != slot && files[i].used && files[i].folder.st_dev == files[slot].folder.st_dev &&
            files[i].folder.st_ino == files[slot].folder.st_ino &&
            !strcmp(files[i].becomes, files[slot].becomes))
            return true;
    return false;
}

int bench_tempfile_make(const char *path, mode_t mode, int *slot)
{
    const char *slash = strrchr(path, '/');
    const size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    int one = 0;
    while (one < FILES && files[one].used)
        one++;
    if (one == FILES || folder + 64 > PATH_MAX || strlen(path + folder) > NAME_MAX) {
        errno = one == FILES ? EMFILE : ENAMETOOLONG;
        return -1;
    }
    owner = getpid();
    memcpy(files[one].name, path, folder);
    files[one].name[folder] = '\0';
    strcpy(files[one].becomes, path + folder);
    const char *in = folder ? files[one].name : ".";
    struct statx attributes;
    if (stat(in, &files[one].folder) || statx(AT_FDCWD, in, 0, 0, &attributes))
        return -1;
    /* From an append-only folder it could not be removed. */
    if (is_taken(one) || attributes.stx_attributes & STATX_ATTR_APPEND) {
        errno = is_taken(one) ? EALREADY : EPERM;
        return -1;
    }
    sweep(files[one].name);
    *slot = one;
    return create(one, folder, mode);
}

const char *bench_tempfile_name(int slot)
{
    return files[slot].name;
}

void bench_tempfile_forget(int slot)
{
    files[slot].used = 0;
}

void bench_tempfile_remove(int slot)
{
    unlink(files[slot].name);
    bench_tempfile_forget(slot);
}

int bench_tempfile_mkdir(const char *path)
{
    const bool known = folder_count < FOLDERS && strlen(path) < PATH_MAX;
    owner = getpid();
    if (known)
        strcpy(folders[folder_count], path);
    const sigset_t before = block_signals();
    const int failed = mkdir(path, 0777);
    if (!failed && known)
        folder_count = folder_count + 1;
    let_signals(before);
    return failed;
}

void bench_tempfile_hold(bool on)
{
    held = on;
}

bool bench_tempfile_tidy(void)
{
    const int number = errno;
    if (held)
        return false;
    if (owner == getpid()) {
        for (int i = 0; i < FILES; i++)
            if (files[i].used)
                unlink(files[i].name);
        for (int i = folder_count; i-- > 0;)
            rmdir(folders[i]);
    }
    errno = number;
    return true;
}
