;; Opens the file that is named after this one on the command line, as a user of Eglot does, and prints what arrives.
(require 'eglot)
(require 'json)

(defvar told nil "What is printed in the end, the last first.")

(defun wait-until (what)
  "The first value of WHAT that is not nil, within a minute."
  (let ((end (+ (float-time) 60)) value)
    (while (not (or (setq value (funcall what)) (> (float-time) end)))
      (accept-process-output nil 0.05))
    value))

(defun tell (name value) (push (cons name value) told))

(defun problems () (mapcar #'flymake-diagnostic-text (flymake-diagnostics)))

(setq eglot-sync-connect t eglot-connect-timeout 60 eglot-autoshutdown nil)
(find-file (pop command-line-args-left))
(run-hooks 'post-command-hook) ; what `eglot-ensure' waits for, which comes with the first key
(tell "mode" (symbol-name major-mode))
(tell "problems" (vconcat (wait-until #'problems)))

(goto-char (point-min))
(search-forward "global_a")
(let (shown)
  (eglot-hover-eldoc-function (lambda (text &rest _) (setq shown (substring-no-properties text))))
  (tell "hover" (wait-until (lambda () shown))))
(let ((found (eglot-completion-at-point)))
  (tell "completions" (vconcat (mapcar #'substring-no-properties (all-completions "global_a" (nth 2 found))))))

(search-forward "dense(11")
(replace-match "dense(  10")
(eglot-format-buffer)
(tell "text" (buffer-substring-no-properties (point-min) (point-max)))
(eglot--signal-textDocument/didChange)
(tell "mended" (wait-until (lambda () (null (problems)))))
(eglot-shutdown (eglot-current-server))
(set-buffer-modified-p nil)
(princ (json-encode told))
