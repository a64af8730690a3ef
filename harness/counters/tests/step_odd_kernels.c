/* SPDX-License-Identifier: MIT */
#include "harness/counters/tests/step_odd_kernels.h"

#if defined __x86_64__

#define KERNEL(name, body) __asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name ":\n" body)

KERNEL(odd_one, "ret");
KERNEL(odd_five, "nop\nnop\nnop\nnop\nret");
KERNEL(odd_loop, "mov $10, %ecx\n1: dec %ecx\njnz 1b\nret");
KERNEL(odd_calls, "call odd_five\nnop\njmp odd_one");
KERNEL(odd_repeat, "mov $25, %ecx\nxor %eax, %eax\nnop\nrep stosb\nnop\nret");
KERNEL(odd_prefixed, "mov $9, %ecx\nxor %eax, %eax\nrep stosw\nmov $9, %ecx\nrep stosq\nnop\nret");
KERNEL(odd_stack, "pushfq\npushq 8(%rsp)\npop %rax\npopfq\nret");

KERNEL(odd_pops, "pop %rax\nnop\njmp *%rax");

KERNEL(odd_many, ".rept 5000\nnop\n.endr\nret");

KERNEL(odd_segv, "xor %rax, %rax\nmov (%rax), %eax\nret");
KERNEL(odd_ill, "ud2");
KERNEL(odd_int3, "nop\nint3\nret");
KERNEL(odd_second, "incl (%rdi)\ncmpl $2, (%rdi)\njne 1f\nxor %eax, %eax\nmov (%rax), %eax\n1: ret");
KERNEL(odd_endless, "incl (%rdi)\ncmpl $2, (%rdi)\n1: je 1b\nret");
/* pause */
KERNEL(odd_hangs, "mov $34, %eax\nsyscall\njmp odd_hangs");
/* getpid, kill */
KERNEL(odd_kills, "mov $39, %eax\nsyscall\nmov %eax, %edi\nmov $2, %esi\nmov $62, %eax\nsyscall\nret");

#else
typedef int nothing_for_this_architecture;
#endif
